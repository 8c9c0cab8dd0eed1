/** Creatives of a line item, element against element. */
import { useEffect } from 'preact/hooks';
import { startCreatives } from '../creatives-state.ts';
import { Creatives } from '../view/creatives.tsx';

export function CreativesScreen() {
  useEffect(() => startCreatives(), []);
  return <Creatives />;
}
