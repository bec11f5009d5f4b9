import { createHmac } from 'node:crypto';
import { type NextFunction, type Request, type Response, Router, urlencoded } from 'express';
import { z } from 'zod';
import { type Question, QuestionGone } from '#idp/login/door.ts';
import type { LoginOutcome } from '#idp/login/index.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { factsOf } from './facts.ts';
import { consentPage } from './pages/consent.ts';
import { brandOf } from './pages/frame.ts';
import { expiredPage, noticePage, pausedPage } from './pages/notice.ts';
import { type SignInError, signInPage } from './pages/sign-in.ts';
import type { AuditEvent, WebParts } from './parts.ts';
import { sendPage } from './respond.ts';
import { isSameOrigin } from './same-origin.ts';
import { allowForms, formTargets } from './security-headers.ts';

/**
 * The pages between a protocol and a person: sign in, consent. It shows the question that the door has and hands the
 * answer back; who is right and what is next is decided elsewhere.
 */

const field = z.string().max(1024).default('');
const signInForm = z.object({ username: field, password: field, source: z.string().max(64).optional() });

interface Visit {
  req: Request;
  res: Response;
  tenant: Tenant;
  question: Question;
  parts: WebParts;
}

type Step = (visit: Visit) => Promise<void>;

export function interactionRoutes(parts: WebParts): Router {
  const router = Router({ caseSensitive: true });
  const form = urlencoded({ extended: false, limit: '16kb', parameterLimit: 20 });
  const visit = (step: Step) => (req: Request, res: Response) => withQuestion({ req, res, parts }, step);
  router.get('/:uid', visit(show));
  router.post('/:uid/login', ownPostsOnly, form, visit(signIn));
  router.post('/:uid/consent', ownPostsOnly, visit(consent));
  router.post('/:uid/decline', ownPostsOnly, visit(decline));
  return router;
}

function ownPostsOnly(req: Request, res: Response, next: NextFunction): void {
  const { tenant, id } = factsOf(req);
  if (isSameOrigin(req, new URL(tenant.document.issuer).origin)) return next();
  const detail = 'It was sent by a page of another site, or by a program that does not say where it comes from.';
  const page = noticePage({ brand: brandOf(tenant), title: 'This form was not accepted', detail, requestId: id });
  sendPage(res, 403, page);
}

async function withQuestion(at: Omit<Visit, 'tenant' | 'question'>, step: Step): Promise<void> {
  const { req, res, parts } = at;
  const { tenant } = factsOf(req);
  const uid = String(req.params.uid);
  if (tenant.document.paused) return sendPage(res, 503, pausedPage(brandOf(tenant)));
  const question = await parts.oidc.door.question(tenant, req, res);
  if (question?.uid !== uid) return showExpired(at, tenant, uid);
  try {
    await step({ ...at, tenant, question });
  } catch (error) {
    if (!(error instanceof QuestionGone)) throw error;
    await showExpired(at, tenant, uid);
  }
}

async function showExpired({ res, parts }: Omit<Visit, 'tenant' | 'question'>, tenant: Tenant, uid: string) {
  const way = await parts.oidc.door.wayBack(tenant, uid);
  sendPage(res, 410, expiredPage(brandOf(tenant), way));
}

const show: Step = visit => (visit.question.prompt === 'login' ? showSignIn(visit, 200) : showConsent(visit));

async function showSignIn(
  visit: Visit,
  status: number,
  tried: { username?: string; source?: string | undefined; error?: SignInError } = {},
) {
  const { res, tenant, question, parts } = visit;
  const { source, ...rest } = { ...(question.loginHint !== undefined && { username: question.loginHint }), ...tried };
  allowForms(res, formTargets(tenant, question.application.clientId));
  const page = signInPage({
    brand: brandOf(tenant),
    application: question.application.displayName,
    path: `/interaction/${question.uid}`,
    sources: parts.sourcesOf(tenant).map(({ name, displayName }) => ({ name, displayName })),
    ...(source !== undefined && { chosen: source }),
    ...rest,
  });
  sendPage(res, status, page);
}

async function showConsent(visit: Visit): Promise<void> {
  const { res, tenant, question } = visit;
  allowForms(res, formTargets(tenant, question.application.clientId));
  const person = await findPerson(visit);
  const page = consentPage({
    brand: brandOf(tenant),
    application: question.application.displayName,
    path: `/interaction/${question.uid}`,
    scopes: question.scopes,
    ...(person && { person: { name: person.name ?? person.username, username: person.username } }),
  });
  sendPage(res, 200, page);
}

async function findPerson({ tenant, question, parts }: Visit) {
  if (question.subject === undefined) return undefined;
  for (const source of parts.sourcesOf(tenant)) {
    const person = await source.find(question.subject);
    if (person !== undefined) return person;
  }
  return undefined;
}

async function signIn(visit: Visit): Promise<void> {
  const { req, res, tenant, parts } = visit;
  const parsed = signInForm.safeParse(req.body ?? {});
  const { username, password, source } = parsed.success
    ? parsed.data
    : { username: '', password: '', source: undefined };
  const attempt = { tenant, username, password, ip: factsOf(req).ip, ...(source !== undefined && { source }) };
  const result = await parts.login.attempt(attempt);
  parts.observer.signIn(tenantName(tenant), result.outcome);
  parts.observer.audit(signInAudit(visit, username, result));
  if (result.outcome === 'signed-in') return parts.oidc.door.signedIn(tenant, req, res, result.event);
  if (result.outcome !== 'wrong') res.setHeader('Retry-After', result.retryAfter);
  const { status, error } = REFUSALS[result.outcome](result);
  return showSignIn(visit, status, { username, source, error });
}

type Refused = Exclude<LoginOutcome, { outcome: 'signed-in' }>;

/** One wording for a wrong name and a wrong password: nobody learns who exists. */
const REFUSALS = {
  wrong: () => ({
    status: 422,
    error: {
      title: 'Username or password is not right',
      detail: 'Check both and try again. If you forgot them, ask whoever gave you this account.',
    },
  }),
  throttled: (result: Refused) => ({
    status: 429,
    error: {
      title: 'Too many attempts',
      detail: `Please wait ${inWords('retryAfter' in result ? result.retryAfter : 1)} and try again.`,
    },
  }),
  busy: () => ({
    status: 503,
    error: { title: 'Many people are signing in right now', detail: 'Please try again in a few seconds.' },
  }),
} satisfies Record<Refused['outcome'], (result: Refused) => { status: number; error: SignInError }>;

function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

async function consent({ req, res, tenant, question, parts }: Visit): Promise<void> {
  await parts.oidc.door.consented(tenant, req, res);
  parts.observer.audit({ event: 'consent', outcome: 'success', ...auditBase({ req, tenant, question }) });
}

async function decline({ req, res, tenant, question, parts }: Visit): Promise<void> {
  const reason = question.prompt === 'login' ? 'the person cancelled the sign-in' : 'the person did not allow access';
  await parts.oidc.door.declined(tenant, req, res, reason);
  parts.observer.audit({ event: 'decline', outcome: 'success', reason, ...auditBase({ req, tenant, question }) });
}

function tenantName({ document }: Tenant): string {
  return `${document.namespace}/${document.name}`;
}

function auditBase({ req, tenant, question }: Pick<Visit, 'req' | 'tenant' | 'question'>) {
  const { ip, id } = factsOf(req);
  const subject = question.subject === undefined ? {} : { subject: question.subject };
  return { tenant: tenantName(tenant), clientId: question.application.clientId, ip, requestId: id, ...subject };
}

function signInAudit(visit: Visit, username: string, result: LoginOutcome): AuditEvent {
  const base = auditBase(visit);
  if (result.outcome === 'signed-in') {
    const { subject, source, methods } = result.event;
    return { ...base, event: 'sign-in', outcome: 'success', subject, source, methods: methods.map(({ amr }) => amr) };
  }
  const key = visit.tenant.keys.cookies[0] ?? '';
  const accountHash = createHmac('sha256', key).update(username.toLowerCase()).digest('base64url').slice(0, 16);
  return { ...base, event: 'sign-in', outcome: 'failure', reason: result.outcome, accountHash };
}
