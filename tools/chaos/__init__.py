"""`make chaos`: kill everything under load, then judge from outside what was lost or doubled (SY-2)."""
