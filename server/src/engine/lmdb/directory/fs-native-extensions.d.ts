declare module 'fs-native-extensions' {
  /**
   * Locks a whole file for the open descriptor: an open file description lock on Linux and macOS, so
   * that another descriptor of the same process is refused as well, and closing one lets go of no other.
   * `false` where another has it. Several may have a shared one, which needs no right to write.
   */
  export function tryLock(descriptor: number, options?: { readonly shared: boolean }): boolean;
}
