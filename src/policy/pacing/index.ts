/** The pacing controllers: one line each. */
import { asapPacing } from './asap.ts';
import type { PacingController } from './controller.ts';
import { evenPacing } from './even.ts';

export const PACING_CONTROLLERS: readonly PacingController[] = [evenPacing, asapPacing];

export function pacingControllerNamed(name: PacingController['name']): PacingController {
  const controller = PACING_CONTROLLERS.find((member) => member.name === name);
  if (!controller) throw new Error(`no pacing controller is named ${name}`);
  return controller;
}
