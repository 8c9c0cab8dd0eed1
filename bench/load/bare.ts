/** The reference: a bare fastify route that parses the same bodies and answers a canned bid. Prints its port. */
import Fastify from 'fastify';

const CANNED = Buffer.from(
  JSON.stringify({
    id: 'canned',
    bidid: 'canned',
    cur: 'USD',
    seatbid: [
      {
        seat: 'bare',
        bid: [
          {
            id: '1',
            impid: '1',
            price: 1.25,
            crid: 'c',
            adomain: ['shop.example'],
            mtype: 1,
            w: 300,
            h: 250,
            adm: 'x'.repeat(420),
          },
        ],
      },
    ],
  }),
);

const app = Fastify({ bodyLimit: 131_072 });
app.post('/openrtb2/:exchangeId', (request, reply) => {
  const body = request.body as { imp?: unknown[] };
  if (!Array.isArray(body.imp)) return reply.code(400).send();
  return reply.header('content-type', 'application/json').send(CANNED);
});
await app.listen({ port: 0, host: '127.0.0.1' });
const address = app.server.address();
process.stdout.write(`${JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 })}\n`);
