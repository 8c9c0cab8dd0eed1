/** Who shares the work: each node with the version of the configuration that it goes by. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Coverage } from './api.ts';
import { problemSchema } from './api.ts';

const nodeSchema = Type.Object({
  id: Type.String({ description: 'Its `nodeId`.' }),
  host: Type.String(),
  version: Type.Integer({ description: 'Of the shared configuration that it goes by; 0 without a store.' }),
  sinceMs: Type.Number({ description: 'When it took that version.' }),
  lastSeenMs: Type.Number({ description: 'When it last said that it is there; about once a second.' }),
});
export type NodeState = Static<typeof nodeSchema>;

const nodesSchema = Type.Object(
  { nodes: Type.Array(nodeSchema) },
  { description: 'Nodes heard of within a day.' },
);

export interface NodePorts {
  nodes(): Promise<readonly NodeState[]>;
  /** Whose journals reports sum; undefined for a process by itself. */
  coverage(): Promise<Coverage | undefined>;
}

export function nodeRoutes(app: FastifyInstance, api: string, ports: NodePorts): void {
  app.get(
    `${api}/nodes`,
    {
      schema: {
        summary: 'Who shares the work, and which version each goes by.',
        response: { 200: nodesSchema, '4xx': problemSchema, '5xx': problemSchema },
      },
    },
    async () => ({ nodes: await ports.nodes() }),
  );
}
