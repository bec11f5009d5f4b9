import { randomBytes } from 'node:crypto';

/**
 * Answers that a form of another site brought. The browser sends no cookie with such a form (SameSite=Lax), so they are
 * put aside here under a name of one use, and read when the browser comes back for them with its cookie.
 */

const MOST = 100;

export class SamlInbox {
  private readonly forms = new Map<string, URLSearchParams>();

  put(form: URLSearchParams): string {
    if (this.forms.size >= MOST) this.forms.delete(this.forms.keys().next().value ?? '');
    const ticket = randomBytes(32).toString('base64url');
    this.forms.set(ticket, form);
    return ticket;
  }

  take(ticket: string): URLSearchParams | undefined {
    const form = this.forms.get(ticket);
    this.forms.delete(ticket);
    return form;
  }
}
