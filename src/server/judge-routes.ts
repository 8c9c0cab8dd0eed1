/** `/api/v1/line-items/{id}/creatives/judge`: what another rotation would have earned, from the log of this one. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Draft, RotationVerdict } from '../insight/judge-rotation.ts';
import type { Valuation } from '../insight/off-policy.ts';
import { CREATIVE_POLICY_NAMES } from '../policy/bandit/policy.ts';
import { problemSchema } from './api.ts';
import { sendProblem } from './problem.ts';

const valuation = (description: string) =>
  Type.Optional(
    Type.Object(
      { value: Type.Number(), low: Type.Number(), high: Type.Number() },
      { description: `${description}, with the interval of 95 %.` },
    ),
  );

const judgeSchema = Type.Object(
  {
    lineItemId: Type.String(),
    draft: Type.String(),
    reward: Type.Union([Type.Literal('clicks'), Type.Literal('conversions')]),
    choices: Type.Integer({ description: 'Showings it was judged on.' }),
    learnedFrom: Type.Integer({ description: 'Showings before, that the draft learned from.' }),
    effectiveSize: Type.Number({ description: 'Choices of its own that would tell as much.' }),
    conclusion: Type.Union(
      [
        Type.Literal('better'),
        Type.Literal('worse'),
        Type.Literal('undecided'),
        Type.Literal('too_thin'),
        Type.Literal('nothing_shown'),
      ],
      { description: 'too_thin: the draft and the log have too little in common to say anything.' },
    ),
    logged: valuation('Rewards of a showing as it was'),
    ips: valuation('By inverse propensity'),
    snips: valuation('The same, normalised by the weights'),
    dr: valuation('Doubly robust'),
    difference: valuation('What a showing of the draft would earn more, doubly robust'),
  },
  { description: 'A draft rotation judged on the log. Values are absent where nothing can be said.' },
);
export type JudgeAnswer = Static<typeof judgeSchema>;

export interface JudgePorts {
  readonly questions: { judge(lineItemId: string, draft: Draft): Promise<JudgeAnswer | undefined> };
}

export function judgeRoutes(app: FastifyInstance, api: string, ports: JudgePorts): void {
  app.get<{
    Params: { id: string };
    Querystring: { readonly rotation?: (typeof CREATIVE_POLICY_NAMES)[number]; readonly only?: string };
  }>(
    `${api}/line-items/:id/creatives/judge`,
    {
      schema: {
        summary: 'What another rotation would have earned, judged on the log.',
        querystring: Type.Object({
          rotation: Type.Optional(Type.Enum([...CREATIVE_POLICY_NAMES])),
          only: Type.Optional(Type.String({ description: 'In place of a rotation: this creative alone.' })),
        }),
        response: { 200: judgeSchema, '4xx': problemSchema, '5xx': problemSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { rotation, only } = request.query;
      const draft = only === undefined ? rotation && { rotation } : { only };
      if (!draft || (only !== undefined && rotation !== undefined))
        return sendProblem(reply, 400, 'The draft is not named', [
          {
            path: 'rotation',
            code: 'no_draft',
            message: 'names no draft, or two',
            hint: 'Send rotation=thompson, or only=CREATIVE.',
          },
        ]);
      const answer = await ports.questions.judge(id, draft);
      return (
        answer ??
        sendProblem(
          reply,
          404,
          `There is no line item ${id}${only === undefined ? '' : ` with a creative ${only}`}`,
        )
      );
    },
  );
}

export function draftName(draft: Draft): string {
  return 'only' in draft ? `only ${draft.only}` : draft.rotation;
}

const VALUES = ['logged', 'ips', 'snips', 'dr', 'difference'] as const;

export function judgeAnswer(
  verdict: RotationVerdict | undefined,
): Omit<JudgeAnswer, 'lineItemId' | 'draft' | 'reward'> {
  if (!verdict) return { choices: 0, learnedFrom: 0, effectiveSize: 0, conclusion: 'nothing_shown' };
  const { choices, learnedFrom, effectiveSize, conclusion } = verdict;
  const values = VALUES.flatMap((name): [string, Valuation][] =>
    Object.values(verdict[name]).every(Number.isFinite) ? [[name, { ...verdict[name] }]] : [],
  );
  return { choices, learnedFrom, effectiveSize, conclusion, ...Object.fromEntries(values) };
}
