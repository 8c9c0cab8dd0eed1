/** A part of a screen: its title, a line on what it shows, and the thing itself. */
import type { ComponentChildren } from 'preact';

interface CardProps {
  readonly id: string;
  readonly title: string;
  readonly hint?: string;
  readonly trouble?: string | undefined;
  readonly children: ComponentChildren;
}

export function Card({ id, title, hint, trouble, children }: CardProps) {
  return (
    <section class="card" id={`card-${id}`} aria-labelledby={`${id}-title`}>
      <div class="card-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {hint !== undefined && <p class="hint">{hint}</p>}
      </div>
      {trouble !== undefined && (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      {children}
    </section>
  );
}
