/** How the player looks. Its size is the page's own matter; 16:9 when the page says nothing. */
export const css = `
:host { position: relative; display: grid; aspect-ratio: 16 / 9; overflow: hidden; place-items: center; background: #0c1010; color: #f1f5f5; font: 16px/1.4 system-ui, sans-serif; }
:host([hidden]) { display: none; }
video { position: absolute; inline-size: 100%; block-size: 100%; object-fit: contain; }
video.dimmed { opacity: 0.3; }
.message { position: relative; max-inline-size: 90%; padding: 10px 16px; border-radius: 10px; background: #101818d0; text-align: center; text-wrap: balance; }
.message:empty, [hidden] { display: none !important; }
button { min-block-size: 44px; min-inline-size: 44px; border: 0; border-radius: 10px; background: none; color: inherit; font: inherit; cursor: pointer; }
button:focus-visible { outline: 2px solid #7fe0d8; outline-offset: -2px; }
.pill { position: absolute; inset-block-end: 60px; padding: 8px 20px; border-radius: 999px; background: #f1f5f5; color: #10201f; font-weight: 600; }
.bar { position: absolute; inset-block-end: 0; inset-inline: 0; display: flex; justify-content: space-between; padding: 16px 8px 8px; background: linear-gradient(#0000, #000a); }
.bar button::before { display: block; inline-size: 24px; block-size: 24px; margin: auto; background: currentColor; content: ''; }
.sound::before { clip-path: polygon(5% 35%, 30% 35%, 55% 12%, 55% 88%, 30% 65%, 5% 65%); }
.sound[aria-pressed='true']::before { clip-path: polygon(5% 35%, 30% 35%, 55% 12%, 55% 88%, 30% 65%, 5% 65%, 5% 35%, 55% 50%, 68% 30%, 76% 24%, 88% 50%, 76% 76%, 68% 70%, 78% 50%, 68% 30%, 55% 50%); }
.fullscreen::before { clip-path: polygon(50% 8%, 92% 8%, 92% 50%, 80% 50%, 80% 20%, 50% 20%, 50% 8%, 8% 50%, 20% 50%, 20% 80%, 50% 80%, 50% 92%, 8% 92%, 8% 50%, 50% 8%); }
`
