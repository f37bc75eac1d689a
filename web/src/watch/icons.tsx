import { frame } from '../ui/icons'

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

export const Sliders = () => (
  <svg {...frame}>
    <path d="M4 8h16M4 16h16M15 5v6m-6 2v6" />
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
