/** The family of targeting dimensions: a line each. */

import type { Static, TOptional } from 'typebox';
import { Type } from 'typebox';
import { app } from './app.ts';
import { audience } from './audience.ts';
import { browser } from './browser.ts';
import { carrier } from './carrier.ts';
import { category } from './category.ts';
import { city } from './city.ts';
import { connection } from './connection.ts';
import { country } from './country.ts';
import { daypart } from './daypart.ts';
import { deal } from './deal.ts';
import { deviceType } from './device-type.ts';
import type { Dimension } from './dimension.ts';
import { displayManager } from './display-manager.ts';
import { exchange } from './exchange.ts';
import { format } from './format.ts';
import { interstitial } from './interstitial.ts';
import { keyword } from './keyword.ts';
import { language } from './language.ts';
import { nativeLayout } from './native-layout.ts';
import { os } from './os.ts';
import { placement } from './placement.ts';
import { position } from './position.ts';
import { postcode } from './postcode.ts';
import { publisher } from './publisher.ts';
import { radius } from './radius.ts';
import { raw } from './raw.ts';
import { region } from './region.ts';
import { rewarded } from './rewarded.ts';
import { roll } from './roll.ts';
import { site } from './site.ts';
import { size } from './size.ts';
import { venue } from './venue.ts';
import { viewability } from './viewability.ts';

/** In the order that people read them; each key is the dimension's name. */
const family = {
  country,
  region,
  city,
  postcode,
  radius,
  deviceType,
  os,
  browser,
  language,
  connection,
  carrier,
  site,
  app,
  publisher,
  venue,
  exchange,
  deal,
  category,
  keyword,
  format,
  size,
  position,
  placement,
  roll,
  nativeLayout,
  interstitial,
  rewarded,
  viewability,
  displayManager,
  daypart,
  audience,
  raw,
};

export const dimensions: readonly Dimension[] = Object.values(family);

type Properties = { [Key in keyof typeof family]: TOptional<(typeof family)[Key]['schema']> };

const properties = Object.fromEntries(
  dimensions.map(({ name, schema }) => [name, Type.Optional(schema)]),
) as unknown as Properties;

/** Rules of a line item. All that are given must hold. */
export const targetingSchema = Type.Object(properties, {
  additionalProperties: false,
  default: {},
  description: 'Whom, where and when to show; every rule given must hold.',
});
export type Targeting = Static<typeof targetingSchema>;
