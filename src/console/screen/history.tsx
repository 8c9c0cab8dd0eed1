/** Every change, and the way back. */
import { History } from '../view/history.tsx';

export function HistoryScreen() {
  return <History />;
}
