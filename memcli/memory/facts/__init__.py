"""What was said, taken apart into claims, and claims put together into beliefs that know when they were true."""
