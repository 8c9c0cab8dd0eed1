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
export const WRAPPER =
  '<VAST version="3.0"><Ad><Wrapper><AdSystem>e</AdSystem><VASTAdTagURI>https://bid.example/v</VASTAdTagURI>' +
  '<Impression>https://bid.example/i</Impression></Wrapper></Ad></VAST>';
