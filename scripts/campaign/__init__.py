"""The parts of scripts/reliability: each tries one kind of harm, and counts."""
