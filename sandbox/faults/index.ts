export { answer, brokenJson, drip, html, huge, redirect, wrongTypes } from './answer-faults.ts';
export { hang, hangUp, refuse, reset } from './connection-faults.ts';
export type { Fault, Intercepted, Match, SeenRequest } from './fault.ts';
export { type ActiveRule, type FaultProxy, startFaultProxy } from './http-proxy.ts';
export { apiStatus, goneInWatch } from './kubernetes-faults.ts';
export { after, afterwards, before } from './moments.ts';
