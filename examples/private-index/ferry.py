"""Say when the ferry can leave, by the team's tide table."""

import tide_table

print(f"The ferry leaves at {tide_table.high_water()}")
