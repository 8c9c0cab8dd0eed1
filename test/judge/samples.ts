// Pieces of markup that provocations put in place of a sound one.

export const VPAID_FILE =
  '<MediaFile apiFramework="VPAID" type="application/javascript" delivery="progressive" width="1" height="1">';
export const VIDEO_FILE =
  '<MediaFile delivery="progressive" type="video/mp4" width="1280" height="720" bitrate="1500">';
export const OVERLAY =
  '<NonLinearAds><NonLinear width="300" height="50"><StaticResource creativeType="image/png">' +
  'https://cdn.example/o.png</StaticResource></NonLinear></NonLinearAds>';
export const OVERLAY_AD =
  '<VAST version="3.0"><Ad><InLine><AdSystem>e</AdSystem><AdTitle>t</AdTitle>' +
  `<Impression>https://bid.example/i</Impression><Creatives><Creative>${OVERLAY}</Creative></Creatives>` +
  '</InLine></Ad></VAST>';
/** VAST 1.0, 15 seconds. */
export const VAST_ONE =
  '<VideoAdServingTemplate><Ad id="a"><InLine><AdSystem>e</AdSystem><AdTitle>t</AdTitle>' +
  '<Impression><URL id="i">https://bid.example/i</URL></Impression>' +
  '<TrackingEvents><Tracking event="start"><URL>https://bid.example/s</URL></Tracking></TrackingEvents>' +
  '<Video><Duration>00:00:15</Duration><AdID>a</AdID>' +
  '<VideoClicks><ClickThrough><URL>https://bid.example/c</URL></ClickThrough></VideoClicks>' +
  '<MediaFiles><MediaFile delivery="progressive" bitrate="1500" width="1280" height="720" type="video/mp4">' +
  '<URL>https://cdn.example/v.mp4</URL></MediaFile></MediaFiles></Video></InLine></Ad></VideoAdServingTemplate>';
export const VAST_ONE_WRAPPER =
  '<VideoAdServingTemplate><Ad id="a"><Wrapper><AdSystem>e</AdSystem>' +
  '<VASTAdTagURL><URL>https://bid.example/v</URL></VASTAdTagURL>' +
  '<Impression><URL>https://bid.example/i</URL></Impression></Wrapper></Ad></VideoAdServingTemplate>';
/** DAAST 1.0, 15 seconds. */
export const DAAST =
  '<DAAST version="1.0"><Ad id="a"><InLine><AdTitle>t</AdTitle><Category>IAB22</Category>' +
  '<Impression>https://bid.example/i</Impression><Creatives><Creative><Linear><Duration>00:00:15</Duration>' +
  '<MediaFiles><MediaFile id="1" delivery="progressive" type="audio/mpeg" bitrate="128">' +
  'https://cdn.example/a.mp3</MediaFile></MediaFiles>' +
  '<AdInteractions><ClickThrough>https://bid.example/c</ClickThrough></AdInteractions>' +
  '</Linear></Creative></Creatives></InLine></Ad></DAAST>';
export const DAAST_WRAPPER =
  '<DAAST version="1.0"><Ad id="a"><Wrapper><DAASTAdTagURI>https://bid.example/d</DAASTAdTagURI>' +
  '<Impression>https://bid.example/i</Impression></Wrapper></Ad></DAAST>';
/** A companion beside the linear creative of the sound video. */
export const COMPANION =
  '<CompanionAds><Companion width="300" height="250"><StaticResource creativeType="image/png">' +
  'https://cdn.example/c.png</StaticResource>' +
  '<CompanionClickThrough>https://bid.example/c</CompanionClickThrough></Companion></CompanionAds>';
export const WRAPPER =
  '<VAST version="3.0"><Ad><Wrapper><AdSystem>e</AdSystem><VASTAdTagURI>https://bid.example/v</VASTAdTagURI>' +
  '<Impression>https://bid.example/i</Impression></Wrapper></Ad></VAST>';
