"""Links to hardware."""
