/** What each address shows. A screen is loaded when it is first visited, so that the first paint waits for one alone. */
import type { ComponentType } from 'preact';
import type { ScreenName } from './route-model.ts';

export type Screen = ComponentType<{ readonly id: string | undefined }>;

const LOADERS: Readonly<Record<ScreenName, () => Promise<Screen>>> = {
  overview: async () => (await import('./screen/overview.tsx')).OverviewScreen,
  'line-items': async () => (await import('./screen/line-items.tsx')).LineItemsScreen,
  troubleshoot: async () => (await import('./screen/troubleshoot.tsx')).TroubleshootScreen,
  creatives: async () => (await import('./screen/creatives.tsx')).CreativesScreen,
  audiences: async () => (await import('./screen/audiences.tsx')).AudiencesScreen,
  experiments: async () => (await import('./screen/experiments.tsx')).ExperimentsScreen,
  conversions: async () => (await import('./screen/conversions.tsx')).ConversionsScreen,
  reports: async () => (await import('./screen/reports.tsx')).ReportsScreen,
  plan: async () => (await import('./screen/plan.tsx')).PlanScreen,
  recap: async () => (await import('./screen/recap.tsx')).RecapScreen,
  history: async () => (await import('./screen/history.tsx')).HistoryScreen,
  alerts: async () => (await import('./screen/alerts.tsx')).AlertsScreen,
  settings: async () => (await import('./screen/settings.tsx')).SettingsScreen,
};

const loaded = new Map<ScreenName, Screen>();

export function loadedScreen(name: ScreenName): Screen | undefined {
  return loaded.get(name);
}

export async function loadScreen(name: ScreenName): Promise<Screen> {
  const screen = loaded.get(name) ?? (await LOADERS[name]());
  loaded.set(name, screen);
  return screen;
}
