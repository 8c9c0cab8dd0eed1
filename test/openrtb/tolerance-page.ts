/** Writes docs/openrtb-tolerance.md from the table. */
import { writeFileSync } from 'node:fs';
import { tolerancePage } from './tolerance-cases.ts';

writeFileSync(new URL('../../docs/openrtb-tolerance.md', import.meta.url), tolerancePage());
