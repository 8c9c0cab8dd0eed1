/** What needs a look now. */
import { Alerts } from '../view/alerts.tsx';

export function AlertsScreen() {
  return <Alerts />;
}
