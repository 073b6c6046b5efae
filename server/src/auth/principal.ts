import type { Hello } from '@confer/shared';

/** Who a session acts for. */
export interface Principal {
  /** What becomes `updatedBy` and `actor`. */
  readonly name: string;
}

/** Until there is authentication, everybody is who they say they are. */
export function principalOf(hello: Hello): Principal {
  return { name: hello.client?.name ?? 'anonymous' };
}
