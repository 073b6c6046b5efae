/** The other side has gone: nothing more needs to be done, and nobody hears of it. */
export class Gone extends Error {
  override readonly name = 'Gone';

  constructor() {
    super('the other side has gone');
  }
}
