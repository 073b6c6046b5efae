import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { leftOut } from './extent.ts';

/** Says at the end which files and tests did not run. The title of each says what it needs, in brackets. */
export class SkippedTests implements Reporter {
  #isAsked = false;

  onInit(vitest: Vitest): void {
    // Whoever asks for some by their names knows that the others do not run.
    this.#isAsked = vitest.getGlobalTestNamePattern() !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map(
        (test) => `   ${module.relativeModuleId} > ${test.fullName}\n`,
      ),
    );
    if (leftOut.length > 0)
      process.stdout.write(` Left to CONFER_TEST_FULL=1: ${leftOut.join(' ')}\n`);
    if (this.#isAsked || skipped.length === 0) return;
    process.stdout.write(` Skipped ${skipped.length}, each for what its title says in brackets\n`);
    process.stdout.write(skipped.join(''));
  }
}
