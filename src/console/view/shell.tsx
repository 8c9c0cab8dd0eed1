/** What stands around every screen: header, navigation, and the one place where the screen goes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Key } from '../language.ts';
import { language, t } from '../language.ts';
import { route } from '../route.ts';
import type { ScreenName } from '../route-model.ts';
import type { Screen } from '../screens.ts';
import { loadedScreen, loadScreen } from '../screens.ts';
import { who } from '../session.ts';
import { connection } from '../state.ts';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { SignIn } from './sign-in.tsx';

export function Shell() {
  const main = useRef<HTMLElement>(null);
  const { screen, id } = route.value;
  const title = t(`nav.${screen}` as Key);
  useEffect(() => {
    document.title = `${id === undefined ? title : `${id} · ${title}`} · Bidwright`;
  }, [title, id]);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    // Whoever reads by ear or by keyboard begins at the top of the new screen.
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [screen, id]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {t('shell.skip')}
      </button>
      <Header />
      <Navigation current={screen} />
      <main class="page" id="main" tabIndex={-1} ref={main} lang={language.value === 'zh' ? 'zh-CN' : 'en'}>
        <h1 class="screen-title">{title}</h1>
        {who.value?.role === 'viewer' && <p class="read-only">{t('shell.viewer')}</p>}
        {connection.value === 'signed_out' ? <SignIn /> : <Shown screen={screen} id={id} />}
      </main>
    </>
  );
}

function Shown({ screen, id }: { readonly screen: ScreenName; readonly id: string | undefined }) {
  const [, setLoaded] = useState<Screen | undefined>(undefined);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    setLost(false);
    loadScreen(screen).then(
      (next) => setLoaded(() => next),
      () => setLost(true),
    );
  }, [screen]);
  const Ready = loadedScreen(screen);
  if (Ready) return <Ready key={`${screen}/${id ?? ''}`} id={id} />;
  return <p class="screen-wait">{lost ? t('shell.screenLost') : t('shell.loading')}</p>;
}
