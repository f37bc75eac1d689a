const frame = { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': true } as const

export const Speaker = ({ off }: { off: boolean }) => (
  <svg {...frame}>
    <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z" />
    {off ? <path d="m16 9.5 5 5m0-5-5 5" /> : <path d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />}
  </svg>
)

export const Fullscreen = () => (
  <svg {...frame}>
    <path d="M9 4H4v5m11-5h5v5M9 20H4v-5m11 5h5v-5" />
  </svg>
)

export const Numbers = () => (
  <svg {...frame}>
    <path d="M5 20v-7m5 7V9m5 11v-5m5 5V4" />
  </svg>
)

export const Play = () => (
  <svg {...frame}>
    <path d="M7 5v14l12-7z" />
  </svg>
)

export const Pause = () => (
  <svg {...frame}>
    <path d="M8 5v14m8-14v14" />
  </svg>
)

export const Corner = () => (
  <svg {...frame}>
    <path d="M3 5h18v14H3zM12.5 12h6v4.5h-6z" />
  </svg>
)

export const Eye = () => (
  <svg {...frame}>
    <path d="M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6z" />
    <path d="M12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z" />
  </svg>
)

export const Sun = () => (
  <svg {...frame}>
    <path d="M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2m0 15v2M2.5 12h2m15 0h2M5.3 5.3l1.4 1.4m10.6 10.6 1.4 1.4m0-13.4-1.4 1.4M6.7 17.3l-1.4 1.4" />
  </svg>
)

export const Moon = () => (
  <svg {...frame}>
    <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z" />
  </svg>
)

export const Microphone = ({ off }: { off: boolean }) => (
  <svg {...frame}>
    <path d="M12 3.5a3 3 0 0 1 3 3V11a3 3 0 0 1-6 0V6.5a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21" />
    {off && <path d="m4 4 16 16" />}
  </svg>
)
