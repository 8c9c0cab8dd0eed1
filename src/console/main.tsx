/** The buyer's first page: what happens now, what each campaign does, and why. */
import { render } from 'preact';
import { startAudiences } from './audiences-state.ts';
import { startCreatives } from './creatives-state.ts';
import { startNews } from './news-state.ts';
import { start } from './state.ts';
import { Alerts } from './view/alerts.tsx';
import { Audiences } from './view/audiences.tsx';
import { Budgets } from './view/budgets.tsx';
import { Campaigns } from './view/campaigns.tsx';
import { Creatives } from './view/creatives.tsx';
import { Explain } from './view/explain.tsx';
import { Header } from './view/header.tsx';
import { History } from './view/history.tsx';
import { Steering } from './view/steering.tsx';
import { Totals } from './view/totals.tsx';

// The one-time token has done its work, and would only end up in bookmarks and screenshots.
if (location.search !== '') history.replaceState(null, '', location.pathname + location.hash);

render(
  <>
    <Header />
    <main class="page">
      <Totals />
      <Alerts />
      <Campaigns />
      <Creatives />
      <Audiences />
      <Steering />
      <div class="pair">
        <Explain />
        <Budgets />
      </div>
      <History />
    </main>
  </>,
  document.getElementById('console')!,
);

start();
startCreatives();
startNews();
startAudiences();
