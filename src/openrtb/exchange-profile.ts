/** An exchange's habits as data; one file each in `config/exchanges`, beginnings for known ones in `config/profiles`. This file is one thing: their list. */
import type { Static, TInteger, TOptional } from 'typebox';
import { Type } from 'typebox';
import type { Reason } from '../core/reason.ts';
import { REASON_LIST, REASONS } from '../core/reason.ts';

/** An exchange's habits: one file in `config/exchanges` (ecosystem: version, money, notices). */
export const exchangeSchema = Type.Object(
  {
    id: Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description: 'Id in the address: POST /openrtb2/{id}.',
    }),
    name: Type.Optional(Type.String({ description: 'Name shown to people.' })),
    like: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9][a-z0-9.-]{0,63}$',
        description:
          'Habits to begin with: a file of config/profiles, as google or openrtb-2.5. What stands beside it wins.',
      }),
    ),
    version: Type.String({ default: '2.6', description: 'OpenRTB version announced in x-openrtb-version.' }),
    dialect: Type.Union([Type.Literal('openrtb-json'), Type.Literal('openrtb-protobuf')], {
      default: 'openrtb-json',
      description:
        'Wire format of requests whose Content-Type is missing or names none; the answer uses the format of its request.',
    }),
    dialectOnly: Type.Boolean({
      default: false,
      description: 'Refuse (400) a request whose Content-Type names another format than `dialect`.',
    }),
    answerMediaType: Type.Optional(
      Type.String({
        pattern: '^[a-z]+/[a-z0-9.+-]{1,64}(; ?charset=[a-z0-9-]+)?$',
        description: 'Content-Type of answers, where the exchange wants another than the usual one.',
      }),
    ),
    nativeAnswer: Type.Union([Type.Literal('as_asked'), Type.Literal('text')], {
      default: 'as_asked',
      description:
        'Native markup in protobuf: as a message (adm_native) where the request asked with one (request_native), or always as JSON text in adm.',
    }),
    markup: Type.Union([Type.Literal('adm'), Type.Literal('nurl')], {
      default: 'adm',
      description:
        'Where markup stands: in the bid, or in the answer of the win notice (OpenRTB 2.6 section 4.3). Native always stands in the bid.',
    }),
    nativeLayout: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: true,
          description:
            'Markup request (Native 1.2) agreed with the exchange, answered where native.request holds no markup at all.',
        },
      ),
    ),
    billing: Type.Union([Type.Literal('burl'), Type.Literal('impression'), Type.Literal('win')], {
      default: 'burl',
      description:
        'The one notice that is charged: the billing notice, our impression tracker, or the win notice.',
    }),
    quotes: Type.Union([Type.Literal('units'), Type.Literal('hundredths')], {
      default: 'units',
      description:
        'What floors in requests and prices in bids count: units of the currency, or hundredths of it, as cents or fen, whole ones. Prices that arrive in notices have priceUnit.',
    }),
    priceCodec: Type.Union(
      [Type.Literal('plain'), Type.Literal('base64'), Type.Literal('google-hmac-sha1')],
      {
        default: 'plain',
        description: 'How ${AUCTION_PRICE} arrives.',
      },
    ),
    priceUnit: Type.Union(
      [
        Type.Literal('cpm'),
        Type.Literal('cpi_micros'),
        Type.Literal('cpm_micros'),
        Type.Literal('cpm_hundredths'),
      ],
      {
        default: 'cpm',
        description:
          'Unit of the arriving price: currency units for a thousand impressions, micros for one, micros for a thousand, or hundredths for a thousand.',
      },
    ),
    priceKeys: Type.Optional(
      Type.Object(
        {
          encryption: Type.String({ writeOnly: true, description: 'Web-safe base64 of the encryption key.' }),
          integrity: Type.String({ writeOnly: true, description: 'Web-safe base64 of the integrity key.' }),
        },
        { additionalProperties: false, description: 'Keys of an encrypted price codec.' },
      ),
    ),
    priceKeysOther: Type.Optional(
      Type.Array(
        Type.Object(
          {
            encryption: Type.String({
              writeOnly: true,
              description: 'Web-safe base64 of the encryption key.',
            }),
            integrity: Type.String({ writeOnly: true, description: 'Web-safe base64 of the integrity key.' }),
          },
          { additionalProperties: false, description: 'A key pair.' },
        ),
        {
          maxItems: 8,
          description:
            'Further key pairs that open prices while keys are being changed: the former, or the next one.',
        },
      ),
    ),
    priceMacroSuffix: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_]{0,16}$',
        description:
          'Encoding that the price macro asks for, as B64 in ${AUCTION_PRICE:B64}; B64 where priceCodec is base64, else none.',
      }),
    ),
    priceMaxAgeSeconds: Type.Integer({
      minimum: 0,
      default: 0,
      description:
        'An encrypted price that was sealed so many seconds before or after its bid is not believed; 0 looks at no time, for not every sender of this codec writes one.',
    }),
    unreadablePrice: Type.Union([Type.Literal('not_charged'), Type.Literal('charge_maximum')], {
      default: 'not_charged',
      description:
        'What an authentic billing notice without a readable price costs: nothing (flagged), or the signed maximum (flagged). AUDIT is never charged.',
    }),
    currency: Type.String({
      pattern: '^[A-Z]{3}$',
      default: 'USD',
      description: 'Currency preferred in answers.',
    }),
    currencyUnsaid: Type.Union([Type.Literal('usd'), Type.Literal('own')], {
      default: 'usd',
      description:
        'What a request means that names no currency: US dollars, as OpenRTB says, or the currency above.',
    }),
    cidFrom: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        description:
          'Key of imp.ext whose value, or the first of them, is answered as cid in place of the campaign: billing_id.',
      }),
    ),
    markupTypeInExt: Type.Boolean({
      default: false,
      description: 'Say the kind of markup in ext.prebid.type too, beside mtype.',
    }),
    seat: Type.Optional(Type.String({ description: 'Our buying seat on this exchange.' })),
    seatsNamedAreOurs: Type.Boolean({
      default: false,
      description:
        'The exchange sends only what our seats may buy: a seat that wseat names is ours, and the bid is made under it.',
    }),
    deadlineMarginMs: Type.Integer({
      minimum: 0,
      default: 20,
      description:
        'Part of tmax kept for the network; the decision must be ready before tmax less this. It grows where the exchange hangs up sooner.',
    }),
    backsOff: Type.Boolean({
      default: true,
      description:
        'Look at fewer of its requests while answers reach it too late, as long as that helps; the others are answered 204 unread.',
    }),
    lateLossCodes: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
      maxItems: 16,
      default: [],
      description:
        'Loss codes by which this exchange says that an answer came too late, as 2 or 5 of OpenRTB where it means that, or one of its own.',
    }),
    tmaxDefaultMs: Type.Integer({
      minimum: 1,
      default: 120,
      description: 'Time assumed where the request gives no tmax.',
    }),
    requestsPerSecond: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description:
          'Rate agreed with the exchange, of one process (each worker takes its part); what comes above it is answered 204 unread. A second may be saved up.',
      }),
    ),
    noBid: Type.Union([Type.Literal('204'), Type.Literal('200_nbr')], {
      default: '204',
      description: 'Form of a no-bid: empty 204, or 200 with the reason in nbr.',
    }),
    noBidCodes: Type.Object(
      Object.fromEntries(
        REASON_LIST.map((reason) => [
          reason,
          Type.Optional(
            Type.Integer({
              minimum: 500,
              maximum: 65_535,
              description: `Agreed code in place of ${REASONS[reason].nbr}. ${REASONS[reason].remedy}`,
            }),
          ),
        ]),
      ) as Record<Reason, TOptional<TInteger>>,
      {
        additionalProperties: false,
        default: {},
        description: 'Codes of 500 and above that this exchange agreed to for single reasons, by reason.',
      },
    ),
    holdSeconds: Type.Object(
      {
        banner: Type.Integer({
          minimum: 1,
          default: 300,
          description: 'Seconds a banner bid is held while unsettled.',
        }),
        video: Type.Integer({
          minimum: 1,
          default: 900,
          description: 'Seconds a video bid is held while unsettled.',
        }),
        audio: Type.Integer({
          minimum: 1,
          default: 900,
          description: 'Seconds an audio bid is held while unsettled.',
        }),
        native: Type.Integer({
          minimum: 1,
          default: 600,
          description: 'Seconds a native bid is held while unsettled.',
        }),
      },
      {
        additionalProperties: false,
        default: {},
        description: 'How long the price of a bid stays reserved without news.',
      },
    ),
    holdSecondsMax: Type.Integer({
      minimum: 1,
      maximum: 172_800,
      default: 3600,
      description:
        'Most seconds a bid is held where its impression may take longer than usual (imp.exp, imp.dt, public screens). After a crash, what was leased stays shut so long.',
    }),
    sendsWinNotices: Type.Boolean({
      default: false,
      description:
        'The exchange calls nurl from its servers, so a bid without a win notice is freed after winSeconds.',
    }),
    trustsForwarded: Type.Boolean({
      default: false,
      description:
        'The exchange calls click addresses from its servers and names the browser in X-Device-User-Agent; robots are told by that, then.',
    }),
    winSeconds: Type.Integer({ minimum: 1, default: 10, description: 'Seconds to wait for a win notice.' }),
    acceptUnapproved: Type.Boolean({
      default: true,
      description: 'Bid with creatives whose approval is still pending.',
    }),
    systemDomain: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9.-]{1,253}$',
        description: 'Domain that it has in supply chains, as the asi of its own node.',
      }),
    ),
    disapprovedAfter: Type.Integer({
      minimum: 1,
      default: 10,
      description:
        'A creative that loses so often in a row as disapproved (loss code 202) is marked in the API; it is not stopped.',
    }),
    openBidsMax: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 1,
      description:
        'Bids for one impression in the open auction, each of another line item; deals get one each beside them.',
    }),
    impressionBidsMax: Type.Integer({
      minimum: 1,
      maximum: 50,
      default: 10,
      description: 'Bids for one impression in all: deals, open auction, or the places of an ad break.',
    }),
    sync: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: '^https://[A-Za-z0-9.-]+(:[0-9]+)?/[^\\s]*$',
            maxLength: 1000,
            description:
              'Where /sync sends a browser. Filled in, escaped: {uid} our id, {returnUrl} the address that gives us theirs, {gdpr}, {gdprConsent}, {usPrivacy}, {gpp}, {gppSid}.',
          }),
          uidParameter: Type.String({
            pattern: '^[A-Za-z0-9_-]{1,40}$',
            default: 'uid',
            description: 'Parameter of /setuid in which its id comes, as google_gid.',
          }),
          uidMacro: Type.Optional(
            Type.String({
              pattern: '^[$A-Za-z0-9_{}\\[\\]%]{1,40}$',
              description: 'What the exchange replaces by its id in {returnUrl}, as $UID.',
            }),
          ),
        },
        { additionalProperties: false, description: 'Cookie sync. Where absent, /sync does not lead there.' },
      ),
    ),
    lossNotices: Type.Boolean({ default: true, description: 'Put lurl into bids.' }),
  },
  { additionalProperties: false, description: 'Habits of one exchange.' },
);
export type ExchangeProfile = Static<typeof exchangeSchema>;
