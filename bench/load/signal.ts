/** A promise that is resolved from outside. */
export interface Signal {
  readonly came: Promise<void>;
  come(): void;
}

export function signal(): Signal {
  let come = () => {};
  const came = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { came, come: () => come() };
}
