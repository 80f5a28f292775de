// The health check of the stand-in's images: exit code 0 when the API of this container says that it is well.
const { ORCH_HOST = '127.0.0.1', ORCH_API_PORT = '8080', ORCH_API_TOKEN } = process.env;
const headers = ORCH_API_TOKEN ? { authorization: `Bearer ${ORCH_API_TOKEN}` } : undefined;
const answer = await fetch(`http://${ORCH_HOST}:${ORCH_API_PORT}/health`, headers ? { headers } : {}).catch(
  () => undefined,
);
const text = answer?.ok ? await answer.text() : '';
process.exit(/"status":\s*"ok"/.test(text) ? 0 : 1);

export {};
