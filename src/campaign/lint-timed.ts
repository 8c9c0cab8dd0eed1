/** Settings of a video or audio spot that have no effect, or one that its buyer will not expect. */
import type { AudioCreative, VideoCreative } from './creative.ts';
import type { Issue, Path } from './issue.ts';
import { warning } from './issue.ts';

export function lintTimed(creative: VideoCreative | AudioCreative, path: Path): Issue[] {
  const { vastTagUrl, vastTagMimes, mediaFiles, apis, companions } = creative;
  const found: Issue[] = [];
  const dead = (key: string, beside: string): void => {
    found.push(warning([...path, key], 'dead_setting', `is not used ${beside}`));
  };
  if (vastTagUrl !== undefined && mediaFiles.length > 0) dead('mediaFiles', 'beside a vastTagUrl');
  if (vastTagUrl === undefined && vastTagMimes.length > 0) dead('vastTagMimes', 'without a vastTagUrl');
  if (vastTagUrl === undefined && !mediaFiles.some(({ api }) => api !== 'SIMID'))
    found.push(
      warning([...path, 'mediaFiles'], 'nothing_to_play', 'has only files that lie over others', {
        hint: 'Add the film or the spot itself.',
      }),
    );
  for (const [framework, codes] of FRAMEWORKS) {
    if (!codes.some((code) => apis.includes(code)) || vastTagUrl !== undefined) continue;
    if (mediaFiles.some(({ api }) => api === framework)) continue;
    found.push(
      warning([...path, 'apis'], 'api_without_file', `asks for ${framework}, yet no file needs it`, {
        hint: `Say api: ${framework} of the file that does.`,
      }),
    );
  }
  companions.forEach(({ html }, index) => {
    const here = [...path, 'companions', index, 'html'];
    if (html !== undefined && !/\{clickUrl(?:Encoded)?\}/.test(html))
      found.push(
        warning(here, 'no_click_url', 'has no {clickUrl}', { hint: 'Clicks on it will not be counted.' }),
      );
  });
  return found;
}

const FRAMEWORKS = [
  ['VPAID', [1, 2]],
  ['SIMID', [8, 9]],
] as const;
