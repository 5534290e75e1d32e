"""Widgets of the wizard's own: painted with the palette, named for assistive technology."""
