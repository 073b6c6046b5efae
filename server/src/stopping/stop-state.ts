/**
 * How far a server is on its way to its end. Each step is over by itself, or when all of it has taken too long.
 *
 *   serving ──asked──► announced ──seen──► parting ──parted──► flushing ──flushed──► stopped
 *                          └───────────────────┴──────────late─────┴────────────────────▲
 */
export type StopState =
  | { readonly kind: 'serving' }
  /** Nobody new is to be sent here, and until everybody who sends has seen that, all is served as ever. */
  | { readonly kind: 'announced' }
  /** Nobody is let in, and everybody is sent away when what he asked for is done. */
  | { readonly kind: 'parting' }
  /** Nobody is there any more; what was written is being put in order. */
  | { readonly kind: 'flushing' }
  | { readonly kind: 'stopped'; readonly unfinished?: Unfinished };

/** What was under way when the time was over. */
export type Unfinished = 'announced' | 'parting' | 'flushing';

export type StopEvent = 'asked' | 'seen' | 'parted' | 'flushed' | 'late';

/** What an event makes of a state: the same one where it means nothing there, such as a second wish to stop. */
export function afterEvent(state: StopState, event: StopEvent): StopState {
  switch (state.kind) {
    case 'serving':
      return event === 'asked' ? { kind: 'announced' } : state;
    case 'announced':
      return event === 'seen' ? { kind: 'parting' } : unlessLate(state, event);
    case 'parting':
      return event === 'parted' ? { kind: 'flushing' } : unlessLate(state, event);
    case 'flushing':
      return event === 'flushed' ? { kind: 'stopped' } : unlessLate(state, event);
    case 'stopped':
      return state;
  }
}

function unlessLate(state: StopState & { readonly kind: Unfinished }, event: StopEvent): StopState {
  return event === 'late' ? { kind: 'stopped', unfinished: state.kind } : state;
}
