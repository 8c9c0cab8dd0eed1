/** The buyer's console: one page, a screen at a time. */
import { render } from 'preact';
import { openLanguage } from './language.ts';
import { startNews } from './news-state.ts';
import { followAddress } from './route.ts';
import { start } from './state.ts';
import { showTheme } from './theme.ts';
import { Shell } from './view/shell.tsx';

// The one-time token has done its work, and would only end up in bookmarks and screenshots.
if (location.search !== '') history.replaceState(null, '', location.pathname + location.hash);

showTheme();
followAddress();
await openLanguage();
render(<Shell />, document.getElementById('console')!);
start();
startNews();
