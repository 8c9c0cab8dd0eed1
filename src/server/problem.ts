/** Answers to questions that cannot be answered: `application/problem+json` (RFC 9457) with every fault at once. */
import type { FastifyReply } from 'fastify';

export interface ProblemError {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function sendProblem(
  reply: FastifyReply,
  status: number,
  title: string,
  errors: readonly ProblemError[] = [],
): FastifyReply {
  // As text, so that the framework adds no charset: JSON is UTF-8 by definition.
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify({ type: 'about:blank', title, status, errors })));
}
