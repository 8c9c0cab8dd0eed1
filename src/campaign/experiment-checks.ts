/** What must hold of experiments: somebody to compare, one at a time on a line item, and arms that make sound line items. */
import { lineOfArm } from './arm.ts';
import type { Experiment } from './experiment.ts';
import { HOLDOUT, SHARED_KEYS } from './experiment.ts';
import type { Issue, Path } from './issue.ts';
import { issue } from './issue.ts';
import type { LooseBook } from './loose-book.ts';

type LooseExperiment = NonNullable<NonNullable<LooseBook['experiments']>[number]>;
type LooseLine = NonNullable<NonNullable<LooseBook['lineItems']>[number]>;

/** `checkLines` finds the faults of line items as they would be in the place of the book's own. */
export function experimentFaults(
  book: LooseBook,
  checkLines: (lineItems: readonly LooseLine[]) => readonly Issue[],
): Issue[] {
  const issues: Issue[] = [];
  const takenBy = new Map<string, Path>();
  book.experiments?.forEach((experiment, index) => {
    if (!experiment) return;
    const path = ['experiments', index];
    checkWhom(experiment, path, issues);
    checkArms(experiment, path, issues);
    const lines = linesOf(experiment, book);
    if (experiment.status === 'active') checkAlone(lines, path, takenBy, issues);
    experiment.arms?.forEach((arm, at) => {
      const changes = (arm?.changes ?? {}) as Readonly<Record<string, unknown>>;
      if (Object.keys(changes).length > 0)
        checkChanges(lines, changes, [...path, 'arms', at, 'changes'], checkLines, issues);
    });
  });
  return issues;
}

/** Of an experiment with its ids checked, the line items it is about. */
export function linesOf<Line extends { readonly id?: unknown; readonly campaignId?: unknown }>(
  { lineItemId, campaignId }: { readonly [Key in 'lineItemId' | 'campaignId']?: Experiment[Key] | undefined },
  { lineItems = [] }: { readonly lineItems?: readonly (Line | undefined)[] | undefined },
): Line[] {
  return lineItems.filter(
    (line): line is Line =>
      line !== undefined &&
      ((lineItemId !== undefined && line.id === lineItemId) ||
        (campaignId !== undefined && line.campaignId === campaignId)),
  );
}

function checkWhom({ lineItemId, campaignId }: LooseExperiment, path: Path, issues: Issue[]): void {
  if ((lineItemId === undefined) !== (campaignId === undefined)) return;
  issues.push(
    issue(path, 'one_of_two', 'is about a line item or about a campaign', {
      hint: 'Give it lineItemId or campaignId, one of the two.',
    }),
  );
}

function checkArms({ arms = [], holdoutShare = 0 }: LooseExperiment, path: Path, issues: Issue[]): void {
  if (arms.length === 1 && holdoutShare === 0)
    issues.push(
      issue([...path, 'arms'], 'nothing_to_compare', 'has one arm and nobody held out', {
        hint: 'Add an arm, or a holdoutShare.',
      }),
    );
  const seen = new Set<string>([HOLDOUT]);
  arms.forEach((arm, at) => {
    const here = [...path, 'arms', at];
    if (arm?.id !== undefined && seen.has(arm.id))
      issues.push(issue([...here, 'id'], 'duplicate_id', 'is taken', { value: arm.id }));
    if (arm?.id !== undefined) seen.add(arm.id);
    const changed = Object.keys(arm?.changes ?? {});
    if (at === 0 && changed.length > 0)
      issues.push(
        issue([...here, 'changes'], 'control_changes', 'must be empty, for the first arm is the control', {
          hint: 'Put what is to be tried into another arm.',
        }),
      );
    for (const key of changed.filter((name) => (SHARED_KEYS as readonly string[]).includes(name)))
      issues.push(
        issue([...here, 'changes', key], 'shared_by_arms', 'cannot differ between arms', {
          hint: 'Arms are one line item, with one budget and one flight.',
          onKey: true,
        }),
      );
  });
}

/** Two experiments on one line item would each change what the other compares. */
function checkAlone(
  lines: readonly LooseLine[],
  path: Path,
  takenBy: Map<string, Path>,
  issues: Issue[],
): void {
  for (const { id } of lines) {
    const first = takenBy.get(id ?? '');
    if (first === undefined) takenBy.set(id ?? '', path);
    else {
      issues.push(
        issue(path, 'two_experiments', `shares the line item ${id} with another experiment that is active`, {
          related: first,
          hint: 'Pause one of the two, or try both changes as arms of one.',
        }),
      );
      return;
    }
  }
}

function checkChanges(
  lines: readonly LooseLine[],
  changes: Readonly<Record<string, unknown>>,
  path: Path,
  checkLines: (lineItems: readonly LooseLine[]) => readonly Issue[],
  issues: Issue[],
): void {
  for (const line of lines) {
    const { lineItem, issues: shape } = lineOfArm(line, changes);
    const own = new Set(checkLines([line]).map(nameOf));
    const found = [
      ...shape,
      ...checkLines([lineItem]).map((one) => ({ ...one, path: one.path.slice(2) })),
    ].filter((one) => !own.has(nameOf({ ...one, path: ['lineItems', 0, ...one.path] })));
    issues.push(...found.map((one) => ({ ...one, path: [...path, ...one.path], related: undefined })));
    if (found.length > 0) return;
  }
}

function nameOf({ path, code }: Pick<Issue, 'path' | 'code'>): string {
  return `${path.join('.')} ${code}`;
}
