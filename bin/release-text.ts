/** What a release says of itself, as pure text: its number, its part of the changelog, the pages that name the version. */

export type Bump = 'patch' | 'minor' | 'major';

const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;
const HEAD = '## Unreleased';

/** @throws Error for a version that is none, or not after the current one. */
export function nextVersion(current: string, asked: string): string {
  const [major = 0, minor = 0, patch = 0] = partsOf(current);
  if (asked === 'patch') return `${major}.${minor}.${patch + 1}`;
  if (asked === 'minor') return `${major}.${minor + 1}.0`;
  if (asked === 'major') return `${major + 1}.0.0`;
  const next = partsOf(asked);
  const place = next.findIndex((part, each) => part !== [major, minor, patch][each]);
  if (place < 0 || next[place]! < [major, minor, patch][place]!)
    throw new Error(`${asked} does not come after ${current}`);
  return asked;
}

function partsOf(version: string): readonly number[] {
  const match = VERSION.exec(version);
  if (!match) throw new Error(`${version} is no version; say patch, minor, major, or one as 1.2.3`);
  return match.slice(1).map(Number);
}

export interface CutChangelog {
  readonly changelog: string;
  /** What stood under "Unreleased". */
  readonly notes: string;
}

/** @throws Error where nothing stands under "Unreleased". */
export function cutChangelog(changelog: string, version: string, day: string): CutChangelog {
  const start = changelog.indexOf(`${HEAD}\n`);
  if (start < 0) throw new Error(`CHANGELOG.md has no "${HEAD}"`);
  const after = start + HEAD.length;
  const next = changelog.indexOf('\n## ', after);
  const notes = changelog.slice(after, next < 0 ? undefined : next).trim();
  if (!/^- /m.test(notes))
    throw new Error(`CHANGELOG.md has nothing under "${HEAD}": nobody would know what this release brings`);
  const rest = next < 0 ? '' : changelog.slice(next);
  return {
    changelog: `${changelog.slice(0, after)}\n\n## ${version} (${day})\n\n${notes}\n${rest}`,
    notes,
  };
}

const PAGES_HOLD = /^These pages hold for version (\d+\.\d+\.\d+)/m;

/** The version that the index of the pages names; undefined where it names none. */
export function pagesVersion(index: string): string | undefined {
  return PAGES_HOLD.exec(index)?.[1];
}

/** @throws Error where the index names none. */
export function withPagesVersion(index: string, version: string): string {
  if (pagesVersion(index) === undefined)
    throw new Error('docs/README.md does not say for which version it holds');
  return index.replace(PAGES_HOLD, `These pages hold for version ${version}`);
}

/** Of package.json and of the two places of package-lock.json, as text, so that nothing else of them changes. */
export function withPackageVersion(json: string, current: string, version: string): string {
  const [own, ...rest] = json.split(`"version": "${current}"`);
  if (rest.length === 0) throw new Error(`there is no version ${current} to change`);
  const isLock = /^\s*\{\s*"name": "[^"]*",\s*"version": "[^"]*",\s*"lockfileVersion"/.test(json);
  const changed = isLock && rest.length > 1 ? 2 : 1;
  return [own, ...rest].reduce(
    (text = '', part = '', place) => `${text}"version": "${place <= changed ? version : current}"${part}`,
  ) as string;
}

/** Of an annotated tag. */
export function tagText(version: string, notes: string, components: number): string {
  return `Bidwright ${version}\n\n${notes}\n\nBill of materials: ${components} components (CycloneDX).\n`;
}
