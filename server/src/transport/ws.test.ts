import { inject } from 'vitest';
import { transportContract } from './transport.contract.ts';
import { loadUws } from './uws.ts';
import { wsTransport } from './ws.ts';

transportContract(wsTransport, inject('uwsIsHere') ? await loadUws() : wsTransport);
