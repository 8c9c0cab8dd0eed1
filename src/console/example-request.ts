/** A bid request to try the trace with: one banner on a news page, to a reader with an id. */
export const EXAMPLE_REQUEST = `{
  "id": "try-1", "at": 1, "tmax": 200, "cur": ["USD"],
  "imp": [
    { "id": "1", "bidfloor": 0.2, "secure": 1,
      "banner": { "format": [{ "w": 300, "h": 250 }, { "w": 320, "h": 50 }] } }
  ],
  "site": { "domain": "news.example", "cat": ["IAB12"], "page": "https://news.example/today" },
  "device": { "devicetype": 4, "os": "iOS", "language": "en", "geo": { "country": "USA" } },
  "user": { "id": "person-00042" }
}`;
