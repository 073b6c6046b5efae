import { describe } from 'vitest';
import { closingContract } from './closing.contract.ts';
import { framesContract } from './frames.contract.ts';
import { gateContract } from './gate.contract.ts';
import { httpContract } from './http.contract.ts';
import { limitsContract } from './limits.contract.ts';
import { listeningContract } from './listening.contract.ts';
import { pressureContract } from './pressure.contract.ts';
import type { Transport } from './transport.ts';

/** What every transport does alike. `other` is one that may already hold the port. */
export function transportContract(transport: Transport, other: Transport): void {
  describe(`transport ${transport.name}`, () => {
    framesContract(transport);
    pressureContract(transport);
    closingContract(transport);
    httpContract(transport);
    gateContract(transport);
    limitsContract(transport);
    listeningContract(transport, other);
  });
}
