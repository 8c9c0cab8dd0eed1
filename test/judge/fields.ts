// The field tables of OpenRTB 2.6-202606 (CC BY 3.0, IAB Tech Lab), as data: what the judge and the strict
// reading of requests both stand on. One word per field: `name:type`, `[]` for an array, `!` for required. A
// type is `string`, `integer`, `float`, `object` (an extension, anything inside) or the name of another
// table.

export type ScalarType = 'string' | 'integer' | 'float' | 'object';

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly isArray: boolean;
  readonly isRequired: boolean;
}

/** Fields by name. A Map, because a hostile key such as `constructor` must not find anything. */
export type Table = ReadonlyMap<string, Field>;

export function tableOf(objectName: string): Table | undefined {
  return Object.hasOwn(TABLES, objectName) ? TABLES[objectName] : undefined;
}

const TABLES: Readonly<Record<string, Table>> = {
  // §3.2.1
  BidRequest: fields(`
    id:string! imp:Imp[]! site:Site app:App dooh:DOOH device:Device user:User test:integer at:integer
    tmax:integer wseat:string[] bseat:string[] allimps:integer cur:string[] wlang:string[] wlangb:string[]
    acat:string[] bcat:string[] cattax:integer badv:string[] bapp:string[] source:Source regs:Regs ext:object`),
  // §3.2.2
  Source: fields(`
    fd:integer tid:string pchain:string schain:SupplyChain ext:object`),
  // §3.2.3
  Regs: fields(`
    coppa:integer gdpr:integer us_privacy:string gpp:string gpp_sid:integer[] ext:object`),
  // §3.2.4
  Imp: fields(`
    id:string! metric:Metric[] banner:Banner video:Video audio:Audio native:Native pmp:Pmp displaymanager:string
    displaymanagerver:string instl:integer tagid:string bidfloor:float bidfloorcur:string clickbrowser:integer
    secure:integer iframebuster:string[] rwdd:integer ssai:integer exp:integer qty:Qty dt:float refresh:Refresh
    ext:object`),
  // §3.2.5
  Metric: fields(`
    type:string! value:float! vendor:string ext:object`),
  // §3.2.6
  Banner: fields(`
    format:Format[] w:integer h:integer btype:integer[] battr:integer[] pos:integer mimes:string[]
    topframe:integer expdir:integer[] api:integer[] id:string vcm:integer ext:object`),
  // §3.2.7
  Video: fields(`
    mimes:string[]! minduration:integer maxduration:integer startdelay:integer maxseq:integer poddur:integer
    protocols:integer[] w:integer h:integer podid:string podseq:integer rqddurs:integer[] placement:integer
    plcmt:integer linearity:integer skip:integer skipmin:integer skipafter:integer sequence:integer
    slotinpod:integer mincpmpersec:float battr:integer[] maxextended:integer minbitrate:integer
    maxbitrate:integer boxingallowed:integer playbackmethod:integer[] playbackend:integer delivery:integer[]
    pos:integer companionad:Banner[] api:integer[] companiontype:integer[] poddedupe:integer[]
    durfloors:DurFloors[] ext:object`),
  // §3.2.8
  Audio: fields(`
    mimes:string[]! minduration:integer maxduration:integer poddur:integer protocols:integer[]
    startdelay:integer rqddurs:integer[] podid:string podseq:integer sequence:integer slotinpod:integer
    mincpmpersec:float battr:integer[] maxextended:integer minbitrate:integer maxbitrate:integer
    delivery:integer[] companionad:Banner[] api:integer[] companiontype:integer[] maxseq:integer feed:integer
    stitched:integer nvol:integer durfloors:DurFloors[] ext:object`),
  // §3.2.9
  Native: fields(`
    request:string! ver:string api:integer[] battr:integer[] ext:object`),
  // §3.2.10
  Format: fields(`
    w:integer h:integer wratio:integer hratio:integer wmin:integer ext:object`),
  // §3.2.11
  Pmp: fields(`
    private_auction:integer deals:Deal[] ext:object`),
  // §3.2.12
  Deal: fields(`
    id:string! bidfloor:float bidfloorcur:string at:integer wseat:string[] wadomain:string[] guar:integer
    mincpmpersec:float durfloors:DurFloors[] ext:object`),
  // §3.2.13
  Site: fields(`
    id:string name:string domain:string cattax:integer cat:string[] sectioncat:string[] pagecat:string[]
    page:string ref:string search:string mobile:integer privacypolicy:integer publisher:Publisher
    content:Content keywords:string kwarray:string[] inventorypartnerdomain:string ext:object`),
  // §3.2.14
  App: fields(`
    id:string name:string bundle:string domain:string storeurl:string cattax:integer cat:string[]
    sectioncat:string[] pagecat:string[] ver:string privacypolicy:integer paid:integer publisher:Publisher
    content:Content keywords:string kwarray:string[] inventorypartnerdomain:string ext:object`),
  // §3.2.15
  Publisher: fields(`
    id:string name:string cattax:integer cat:string[] domain:string ext:object`),
  // §3.2.16
  Content: fields(`
    id:string episode:integer title:string series:string season:string artist:string genre:string gtax:integer
    genres:string[] album:string isrc:string producer:Producer url:string cattax:integer cat:string[]
    prodq:integer context:integer contentrating:string userrating:string qagmediarating:integer keywords:string
    kwarray:string[] livestream:integer sourcerelationship:integer len:integer language:string langb:string
    embeddable:integer data:Data[] network:Network channel:Channel realtime:integer firstbroadcast:integer
    ext:object`),
  // §3.2.17
  Producer: fields(`
    id:string name:string cattax:integer cat:string[] domain:string ext:object`),
  // §3.2.18
  Device: fields(`
    geo:Geo dnt:integer lmt:integer ua:string sua:UserAgent ip:string ipv6:string devicetype:integer make:string
    model:string os:string osv:string hwv:string h:integer w:integer ppi:integer pxratio:float js:integer
    geofetch:integer flashver:string language:string langb:string carrier:string mccmnc:string
    connectiontype:integer ifa:string didsha1:string didmd5:string dpidsha1:string dpidmd5:string macsha1:string
    macmd5:string ext:object`),
  // §3.2.19
  Geo: fields(`
    lat:float lon:float type:integer accuracy:integer lastfix:integer ipservice:integer country:string
    region:string regionfips104:string metro:string city:string zip:string utcoffset:integer ext:object`),
  // §3.2.20
  User: fields(`
    id:string buyeruid:string yob:integer gender:string keywords:string kwarray:string[] customdata:string
    geo:Geo data:Data[] consent:string eids:EID[] ext:object`),
  // §3.2.21
  Data: fields(`
    id:string name:string cids:string[] segment:Segment[] ext:object`),
  // §3.2.22
  Segment: fields(`
    id:string name:string value:string ext:object`),
  // §3.2.23
  Network: fields(`
    id:string name:string domain:string ext:object`),
  // §3.2.24
  Channel: fields(`
    id:string name:string domain:string ext:object`),
  // §3.2.25
  SupplyChain: fields(`
    complete:integer! nodes:SupplyChainNode[]! ver:string! ext:object`),
  // §3.2.26
  SupplyChainNode: fields(`
    asi:string! sid:string! rid:string name:string domain:string hp:integer ext:object`),
  // §3.2.27
  EID: fields(`
    inserter:string source:string matcher:string mm:integer uids:UID[] ext:object`),
  // §3.2.28
  UID: fields(`
    id:string atype:integer ext:object`),
  // §3.2.29
  UserAgent: fields(`
    browsers:BrandVersion[] platform:BrandVersion mobile:integer architecture:string bitness:string model:string
    source:integer ext:object`),
  // §3.2.30
  BrandVersion: fields(`
    brand:string! version:string[] ext:object`),
  // §3.2.31
  Qty: fields(`
    multiplier:float! sourcetype:integer vendor:string ext:object`),
  // §3.2.32
  DOOH: fields(`
    id:string name:string venuetype:string[] venuetypetax:integer publisher:Publisher domain:string
    keywords:string content:Content ext:object`),
  // §3.2.33
  Refresh: fields(`
    refsettings:RefSettings[] count:integer ext:object`),
  // §3.2.34
  RefSettings: fields(`
    reftype:integer minint:integer ext:object`),
  // §3.2.35
  DurFloors: fields(`
    mindur:integer maxdur:integer bidfloor:float ext:object`),
  // §4.2.1
  BidResponse: fields(`
    id:string! seatbid:SeatBid[] bidid:string cur:string customdata:string nbr:integer ext:object`),
  // §4.2.2
  SeatBid: fields(`
    bid:Bid[]! seat:string group:integer ext:object`),
  // §4.2.3
  Bid: fields(`
    id:string! impid:string! price:float! nurl:string burl:string lurl:string adm:string adid:string
    adomain:string[] bundle:string iurl:string cid:string crid:string tactic:string cattax:integer cat:string[]
    attr:integer[] apis:integer[] api:integer protocol:integer qagmediarating:integer language:string
    langb:string dealid:string w:integer h:integer wratio:integer hratio:integer exp:integer dur:integer
    mtype:integer slotinpod:integer ext:object`),
};

function fields(words: string): Table {
  const table = new Map<string, Field>();
  for (const word of words.trim().split(/\s+/)) {
    const [name = '', rest = ''] = word.split(':');
    table.set(name, {
      name,
      type: rest.replace(/[[\]!]/g, ''),
      isArray: rest.includes('[]'),
      isRequired: rest.endsWith('!'),
    });
  }
  return table;
}
