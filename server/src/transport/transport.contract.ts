import { describe } from 'vitest';
import { closingContract } from './closing.contract.ts';
import { doorwayContract } from './doorway.contract.ts';
import { exchangeContract } from './exchange.contract.ts';
import { exchangeAttacksContract } from './exchange-attacks.contract.ts';
import { exchangeBodiesContract } from './exchange-bodies.contract.ts';
import { exchangeLimitsContract } from './exchange-limits.contract.ts';
import { framesContract } from './frames.contract.ts';
import { gateContract } from './gate.contract.ts';
import { httpContract } from './http.contract.ts';
import { limitsContract } from './limits.contract.ts';
import { listeningContract } from './listening.contract.ts';
import { pressureContract } from './pressure.contract.ts';
import { withTls } from './scene.contract.ts';
import { tlsContract } from './tls.contract.ts';
import type { Transport } from './transport.ts';

/** What every transport does alike. `other` is one that may already hold the port. */
export function transportContract(transport: Transport, other: Transport): void {
  describe(`transport ${transport.name}`, () => {
    connectionContract(transport);
    httpContract(transport);
    exchangeAttacksContract(transport);
    gateContract(transport);
    listeningContract(transport, other);
    tlsContract(transport);
  });
  describe(`transport ${transport.name} with TLS`, () => {
    connectionContract(withTls(transport));
  });
}

function connectionContract(transport: Transport): void {
  framesContract(transport);
  pressureContract(transport);
  closingContract(transport);
  limitsContract(transport);
  doorwayContract(transport);
  exchangeContract(transport);
  exchangeBodiesContract(transport);
  exchangeLimitsContract(transport);
}
