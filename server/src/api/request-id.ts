import type { ApiContext } from './context.ts';

/** With principals, a request id is the principal's own: nobody learns what came of another one's write. */
export function requestIdOf(
  { requestId }: { readonly requestId: string },
  { principal, service }: ApiContext,
): string {
  return service.auth.authority.isOn ? `${principal.name}\n${requestId}` : requestId;
}
