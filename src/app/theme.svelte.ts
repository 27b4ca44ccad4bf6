/** The one thing that is kept on this computer. */
const KEPT_AS = 'lwm2m-scope.theme';

export type ThemeName = 'dark' | 'light';

/** Dark or light: as the system says, until the person chooses. */
export class Theme {
  name = $state<ThemeName>('dark');

  constructor() {
    const system = matchMedia('(prefers-color-scheme: light)');
    const kept = this.#kept();
    this.#apply(kept ?? (system.matches ? 'light' : 'dark'));
    system.addEventListener('change', () => {
      if (this.#kept() === undefined) this.#apply(system.matches ? 'light' : 'dark');
    });
  }

  toggle(): void {
    this.#apply(this.name === 'dark' ? 'light' : 'dark');
    try {
      localStorage.setItem(KEPT_AS, this.name);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
  }

  #apply(name: ThemeName): void {
    this.name = name;
    document.documentElement.dataset['theme'] = name;
  }

  #kept(): ThemeName | undefined {
    try {
      const name = localStorage.getItem(KEPT_AS);
      return name === 'dark' || name === 'light' ? name : undefined;
    } catch {
      return undefined;
    }
  }
}
