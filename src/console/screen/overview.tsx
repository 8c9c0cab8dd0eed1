/** The account at a glance: what happens now, what each campaign does, and what needs a look. */
import { Alerts } from '../view/alerts.tsx';
import { Budgets } from '../view/budgets.tsx';
import { Campaigns } from '../view/campaigns.tsx';
import { Steering } from '../view/steering.tsx';
import { Totals } from '../view/totals.tsx';

export function OverviewScreen() {
  return (
    <>
      <Totals />
      <Alerts brief />
      <Campaigns />
      <Steering />
      <Budgets />
    </>
  );
}
