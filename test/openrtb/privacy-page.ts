/** Writes the table of cases in docs/privacy.md. */
import { writeFileSync } from 'node:fs';
import { PAGE, privacyPage } from './privacy-cases.ts';

writeFileSync(PAGE, privacyPage());
