/** A programme in, the values of its columns out. It holds its thread until it has them. */
import solverModule from 'highs';

export type Solved =
  | { readonly ok: true; readonly values: Readonly<Record<string, number>> }
  | { readonly ok: false; readonly message: string };

const SECONDS_MAX = 10;
/** Its types describe the module, and what is imported is its function. */
const loadSolver = solverModule as unknown as typeof solverModule.default;

/** Never rejects. */
export async function solveHere(programme: string): Promise<Solved> {
  try {
    const solver = await loadSolver();
    const { Status, Columns } = solver.solve(programme, { time_limit: SECONDS_MAX, output_flag: false });
    if (Status !== 'Optimal') return { ok: false, message: Status };
    const values = Object.entries(Columns).map(([name, column]) => [
      name,
      'Primal' in column ? column.Primal : 0,
    ]);
    return { ok: true, values: Object.fromEntries(values) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
