"""Words to worlds."""
