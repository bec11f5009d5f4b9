import type { BindingName } from '#crds/shared/pure/saml/names.ts';
import type { Binding } from './binding.ts';
import { post } from './post.ts';
import { redirect } from './redirect.ts';

/** Every binding that we speak. A new one is a file and a line. */
export const BINDINGS = { POST: post, Redirect: redirect } satisfies Record<BindingName, Binding>;
