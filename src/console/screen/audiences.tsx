/** Audience packs, whom they reach, and what they share. */
import { useEffect } from 'preact/hooks';
import { startAudiences } from '../audiences-state.ts';
import { Audiences } from '../view/audiences.tsx';

export function AudiencesScreen() {
  useEffect(() => startAudiences(), []);
  return <Audiences />;
}
